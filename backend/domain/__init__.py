"""What the product knows: a folder per feature, and the rules that several features share.

A feature is `rules` (pure) ← `schemas` (shapes) ← `queries` (every SELECT) ← `actions` (every
write), each of which may use what stands before it. A folder inside a feature holds the same four
about a narrower matter; where a feature has more than the four, its own docstring is the map of it.
Features use only those below them, in the order of the layers in pyproject.toml; from the bottom:

- shared: `stages` (the stage machine), `money`, `calendar` (periods, lead times), `workdays`,
  `texts` (folding for search), `versions` (If-Match), `widths` and `access` (who may see and do
  what), `consumption` (how long a quantity lasts), `upserts` (records under another system's name)
- the ground: `users`, `company`, `catalog` (products), `pipelines`, `clients`, `contacts`
- what was written: `feed` (the change log: one row for each write), `changes` (reading and sealing
  it), `idempotency` (keys of requests), `limits` (how often somebody is let in)
- what stands on boards: `cards` (what all kinds share), `leads`, `offers`, `deals`, `renewals`,
  `agreements` (what a client holds and renews)
- around cards: `activities`, `tasks`, `timeline`, `notifications`, `reminders` (the admin's rules),
  `letters` (to clients), `ledger` (of the nightly jobs)
- what changes cards: `moves` (the one way to another stage), `flows` (what starts moves from above)
- reading for pages and reports: `funnels`, `retention` (renewal and churn rates), `boards`,
  `sheets` (the page of a card, a client, an agreement), `today` (My day), `vitals` (how it runs)
"""
