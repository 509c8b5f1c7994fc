#!/usr/bin/env bash
# The life of a renewal, told with curl alone.
#
#   VORONKA_TOKEN=$(voronka token create --user EMAIL --scopes '*' --name example | tail -1) \
#     examples/renewals.sh
#
# Asks a running Voronka (VORONKA_URL, default http://127.0.0.1:8000) and `voronka sweep` on the
# same database. Every step says what it expects and stops where it finds something else.
set -euo pipefail

url=${VORONKA_URL:-http://127.0.0.1:8000}/api/v1
voronka=${VORONKA:-voronka}
: "${VORONKA_TOKEN:?make one: voronka token create --user EMAIL --scopes '*' --name example}"

body=$(mktemp)
trap 'rm -f "$body"' EXIT

# call METHOD PATH [JSON] [VERSION] — prints the status, leaves the answer in $body
call() {
    local -a options=(-sS -o "$body" -w '%{http_code}' -X "$1" -H "Authorization: Bearer $VORONKA_TOKEN")
    [ -n "${3:-}" ] && options+=(-H 'Content-Type: application/json' -d "$3")
    [ -n "${4:-}" ] && options+=(-H "If-Match: \"$4\"")
    curl "${options[@]}" "$url$2"
}

# expect WHAT WANTED FOUND
expect() {
    if [ "$2" != "$3" ]; then
        echo "✗ $1: expected $2, found $3" >&2
        cat "$body" >&2
        exit 1
    fi
    echo "✓ $1: $3"
}

# value NAME — a plain value of the answer
value() { sed -nE "s/.*\"$1\":(\"([^\"]*)\"|([0-9]+|true|false|null)).*/\2\3/p" "$body" | head -1; }

# first NAME — that value of the answer's first item
first() { sed -E 's/\},\{.*//' "$body" | sed -nE "s/.*\"$1\":(\"([^\"]*)\"|([0-9]+|true|false|null)).*/\2\3/p"; }

# shift_days DATE DAYS
shift_days() { date -u -d "$1 $2 days" +%F; }

swept() { "$voronka" sweep --today "$1" --json | tail -1 | sed -E 's/.*"activated":([0-9]+).*/\1/'; }

expect 'a client is made' 201 "$(call POST /clients '{"name": "Romashka", "kind": "company"}')"
client=$(value id)

expect 'a product that renews and has no period' 201 \
    "$(call POST /products '{"name": "Support", "replenishment": "fixed_term", "price": "12000.00"}')"
product=$(value id)

expect 'a deal with it' 201 "$(call POST /deals "{\"title\": \"Support\", \"client_id\": $client,
    \"product_lines\": [{\"product_id\": $product, \"quantity\": 1}]}")"
deal=$(value id)

expect 'won without saying when it renews' 422 "$(call POST "/deals/$deal/move" '{"stage": "won"}' 1)"
expect 'what is needed' /problems/next_date_needed "$(value type)"
expect 'won with a period' 200 \
    "$(call POST "/deals/$deal/move" '{"stage": "won", "fields": {"renewal_period": "P1Y"}}' 1)"

expect 'the renewal is there' 200 "$(call GET "/renewals?client_id=$client&state=waiting")"
renewal=$(first id) due=$(first renewal_date) activates=$(first activates_on)
echo "  renewal $renewal, due $due, comes into work on $activates"

eve=$(shift_days "$activates" -1)
swept "$eve" > /dev/null # whatever else was due by then
expect "the sweep of $eve moves nothing" 0 "$(swept "$eve")"
call GET "/renewals/$renewal" > /dev/null
expect 'it still waits' waiting "$(value state)"
swept "$activates" > /dev/null
call GET "/renewals/$renewal" > /dev/null
expect "the sweep of $activates moves it" open "$(value state)"
expect 'into the first stage' invoice_required "$(value stage_key)"
version=$(value version)
expect 'the same sweep again moves nothing' 0 "$(swept "$activates")"

expect 'the renewal is won' 200 \
    "$(call POST "/renewals/$renewal/move" '{"stage": "payment_received"}' "$version")"
next=$(value next_id)
call GET "/renewals/$next" > /dev/null
expect 'the next one waits for a year later' "$(date -u -d "$due +1 year" +%F)" "$(value renewal_date)"

# chain FIRST PERIOD DATE… — wins renewal after renewal and compares the dates they fall on
chain() {
    local first=$1 period=$2 wanted id version
    shift 2
    expect "an agreement from $first every $period" 201 "$(call POST /renewals \
        "{\"client_id\": $client, \"amount\": \"100.00\", \"renewal_date\": \"$first\", \"period\": \"$period\"}")"
    id=$(value id) version=1
    for wanted in "$@"; do
        expect 'won' 200 "$(call POST "/renewals/$id/move" '{"stage": "payment_received"}' "$version")"
        id=$(value next_id)
        call GET "/renewals/$id" > /dev/null
        expect 'the next falls on' "$wanted" "$(value renewal_date)"
        version=$(value version)
    done
}

chain 2031-01-31 P1M 2031-02-28 2031-03-31 2031-04-30 2031-05-31
chain 2032-02-29 P1Y 2033-02-28 2034-02-28 2035-02-28 2036-02-29

echo 'all as promised'
