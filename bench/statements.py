"""What the work is in plain SQL, for the bare routes and for the database alone."""

from bench.data import PIPELINE

_SHOWN = """
SELECT card.*, deal.expected_close_on, deal.start_on, deal.renewal_date, deal.renewal_period,
       deal.one_off, stage.key AS stage_key, stage.kind AS stage_kind, stage.name_en AS stage_name,
       app_user.name AS owner_name, client.name AS client_name, reason.name_en AS reason_name
FROM card JOIN deal ON deal.card_id = card.id JOIN stage ON stage.id = card.stage_id
JOIN app_user ON app_user.id = card.owner_id LEFT JOIN client ON client.id = card.client_id
LEFT JOIN reason ON reason.id = card.reason_id
"""
LIST = (
    _SHOWN
    + """WHERE card.stage_id = :stage AND card.owner_id = :owner AND card.kind = 'deal'
AND card.deleted_at IS NULL ORDER BY card.amount DESC NULLS LAST, card.id DESC LIMIT 51"""
)
LAST = "SELECT position FROM card WHERE stage_id = :stage ORDER BY position DESC LIMIT 1"

ADD_CARD = f"""
INSERT INTO card (kind, title, title_key, pipeline_id, stage_id, state, position, amount, currency,
  owner_id, client_id, entered_at, stage_entered_at, touched_at, custom, last_seq, version,
  created_at, updated_at)
VALUES ('deal', :title, :title, {PIPELINE}, :stage, 'open', :position, :amount, 'RUB', :owner,
  :client, :now, :now, :now, '{{}}', 1, 1, :now, :now) RETURNING *
"""
ADD_REST = (
    "INSERT INTO deal (card_id, expected_close_on, one_off) VALUES (:id, :close, false)",
    f"""INSERT INTO card_event (card_id, seq, event, at, pipeline_id, to_stage_id, amount, currency,
  changes, made, actor_kind, actor_id)
VALUES (:id, 1, 'created', :now, {PIPELINE}, :stage, :amount, 'RUB', '[]', '[]', 'token', :owner)
""",
    f"""INSERT INTO card_funnel (card_id, pipeline_id, entered_at, furthest_stage_id, state,
  entered_late) VALUES (:id, {PIPELINE}, :now, :stage, 'open', false)""",
    f"""INSERT INTO card_stage_visit (card_id, stage_id, pipeline_id, cohort_at, first_entered_at,
  visits, returns, seconds, open_since)
VALUES (:id, :stage, {PIPELINE}, :now, :now, 1, 0, 0, :now)""",
    """INSERT INTO change (at, type, kind, record_id, version, actor_kind, actor_id, channel,
  changes)
VALUES (:now, 'deal.created', 'deal', :id, 1, 'token', :owner, 'token', '[]')""",
)

# By whether it is PostgreSQL.
LOCK = {
    # Locked before it is joined: a rival's move to another stage would hide it from whoever waited.
    True: _SHOWN.replace("FROM card", "FROM (SELECT * FROM card WHERE id = :id FOR UPDATE) card"),
    False: f"{_SHOWN} WHERE card.id = :id",
}
# Some of the measured company's cards came into their stage later than today.
_SPENT = {
    True: "greatest(0, extract(epoch FROM :now - open_since)::bigint)",
    False: "max(0, CAST(86400 * (julianday(:now) - julianday(open_since)) AS INTEGER))",
}
MOVE = {
    exact: (
        """UPDATE card SET stage_id = :stage, position = :position, stage_entered_at = :now,
  touched_at = :now, updated_at = :now, version = version + 1, last_seq = last_seq + 1
WHERE id = :id AND version = :version""",
        f"""INSERT INTO card_event (card_id, seq, event, at, pipeline_id, from_stage_id,
  to_stage_id, amount, currency, changes, made, actor_kind, actor_id)
VALUES (:id, :seq, 'moved', :now, {PIPELINE}, :origin, :stage, :amount, 'RUB', '[]', '[]', 'token',
  :owner)""",
        f"""UPDATE card_funnel SET furthest_stage_id = :stage, strict_stage_id = :stage,
  touched = touched || ',' || furthest_stage_id
WHERE card_id = :id AND pipeline_id = {PIPELINE}""",
        f"""UPDATE card_stage_visit SET seconds = seconds + {spent}, open_since = NULL
WHERE card_id = :id AND stage_id = :origin""",
        f"""INSERT INTO card_stage_visit (card_id, stage_id, pipeline_id, cohort_at,
  first_entered_at, visits, returns, seconds, open_since)
VALUES (:id, :stage, {PIPELINE}, :entered, :now, 1, 0, 0, :now)
ON CONFLICT (card_id, stage_id) DO UPDATE SET visits = card_stage_visit.visits + 1,
  open_since = excluded.open_since""",
        """INSERT INTO change (at, type, kind, record_id, version, actor_kind, actor_id, channel,
  changes)
VALUES (:now, 'deal.moved', 'deal', :id, :version + 1, 'token', :owner, 'token', '[]')""",
    )
    for exact, spent in _SPENT.items()
}
