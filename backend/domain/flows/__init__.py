"""What starts moves from above: one file for each flow.

- every night: `sweep` (due renewals come into work), `reminders` (what rules have due) with
  `rule_actions`; `runs` is what they share
- with a client or a user: `convert` (a lead is won), `transfer` (to another owner), `merge` (two
  clients become one), `deactivation` (a user goes)
- with settings: `lead_times`, `stages` (added, put in another order, deleted)
- several at once: `bulk` (decisions about waiting renewals), `loading` (a file on a board),
  `imports` (folders of files, by a mapping)
- one record: `intake` (a site form), `quick_add` (a line on a board), `upserts` (under another
  system's name), `papers` (what stands on an offer or an invoice)
"""
