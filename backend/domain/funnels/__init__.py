"""Reports about how cards go through pipelines, reading only; each number opens to its cards.

- the funnel: `selection` (the cards that a report is over), `cohort` (those that came in a period,
  as they stand now), `members` (the same on an earlier day), `flow` (those that left a stage in a
  period), `standing` (who stands where); `lots` are cards that are counted alike, `report` puts the
  numbers together
- the past: `then` (what had happened before an instant, in statements), `lives` (whole cards, in
  memory); `times`: medians and percentiles
- other reports: `reasons` (why cards are lost, with `streaks` and guard `rails`), `cycle` (how long
  sales take), `outlook` (what will come in), `people` (what managers do), `since` (what changed
  since a day); `closings` are what rates are made of
- for all of them: `choices` (what can be narrowed to), `behind` and `listed` (the cards behind a
  number); `alerts` tells heads of broken limits, `facts` checks what reports read
"""
