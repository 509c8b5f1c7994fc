"""Amounts are whole numbers of minor units from the body to the column and back: nothing rounds."""

import pytest

from tests.office import Office, Person

LARGEST = {"RUB": "10000000000000.00", "JPY": "1000000000000000", "KWD": "1000000000000.000"}


@pytest.fixture
async def anna(office: Office) -> Person:
    return await office.person("anna")


@pytest.mark.parametrize("currency", LARGEST)
async def test_the_largest_amount_and_its_neighbour_come_back(
    office: Office, anna: Person, currency: str
) -> None:
    acme, amount = await office.client(anna), LARGEST[currency]
    digits = amount.replace(".", "")
    below = str(int(digits) - 1)
    places = len(amount) - amount.index(".") - 1 if "." in amount else 0
    neighbour = f"{below[:-places]}.{below[-places:]}" if places else below
    for value in (amount, neighbour):
        body = {"title": "Servers", "client_id": acme, "amount": value, "currency": currency}
        made = await anna.post("/deals", body)
        assert (made.status_code, made.json()["amount"]) == (201, value)
        assert (await anna.get(f"/deals/{made.json()['id']}")).json()["amount"] == value
    one_more = f"{int(digits) + 1}"
    over = f"{one_more[:-places]}.{one_more[-places:]}" if places else one_more
    refused = await anna.post("/deals", {**body, "amount": over})
    assert refused.status_code == 400
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/amount"]
    listed = (await anna.get("/deals", sort="-amount")).json()["items"]
    assert [item["amount"] for item in listed] == [amount, neighbour]


async def test_a_number_is_taken_digit_by_digit(office: Office, anna: Person) -> None:
    acme = await office.client(anna)
    for sent, kept in (
        (b"0.1", "0.10"), (b"9007199254740.93", "9007199254740.93"),
        (b"1234567890123.45", "1234567890123.45"), (b"1500", "1500.00"),
    ):  # fmt: skip
        content = b'{"title": "Servers", "client_id": %d, "amount": %s}' % (acme, sent)
        made = await anna.http.post(
            "/deals", content=content, headers={"Content-Type": "application/json"}
        )
        assert (made.status_code, made.json()["amount"]) == (201, kept)


async def test_sums_of_won_amounts_are_exact(office: Office, anna: Person) -> None:
    acme = await office.client(anna)
    for _ in range(3):
        body = {"title": "Servers", "client_id": acme, "amount": "3333333333333.33"}
        made = await anna.post("/deals", {**body, "one_off": True})
        won = await anna.post(f"/deals/{made.json()['id']}/move", {"stage": "won"}, version=1)
        assert won.status_code == 200, won.text
    ltv = (await anna.get(f"/clients/{acme}")).json()["ltv"]
    assert ltv == [{"currency": "RUB", "amount": "9999999999999.99"}]
