"""Products over REST: an ERP keeps stock, price and cost; a lead time reaches what waits."""

from typing import Any

import pytest

from tests.office import Office, Person

pytestmark = pytest.mark.anyio


async def test_a_product_is_made_read_and_edited(office: Office) -> None:
    chief = await office.person("chief", "admin")
    body = {
        "name": " Антивирус ", "sku": "AV-1", "category": "Licences", "unit": "pcs",
        "price": "1200.5", "cost": 700, "vat_rate": "22", "stock": 1.5,
        "replenishment": "fixed_term", "period": "P1Y", "lead_time": "P0D", "external_id": "erp/1",
        "custom": {"colour": "red"},
    }  # fmt: skip
    made = await chief.post("/products", body)
    assert made.status_code == 201, made.text
    product = made.json()
    assert made.headers["location"] == f"/api/v1/products/{product['id']}"
    assert product == {
        "id": product["id"], "external_id": "erp/1", "name": "Антивирус", "sku": "AV-1",
        "category": "Licences", "unit": "pcs", "price": "1200.50", "cost": "700.00",
        "currency": "RUB", "vat_rate": "22.00", "stock": "1.500", "replenishment": "fixed_term",
        "period": "P1Y", "lead_time": "P0D", "consumption": None, "archived": False,
        "custom": {"colour": "red"},
        "version": 1, "created_at": "2026-03-10T09:00:00Z", "updated_at": "2026-03-10T09:00:00Z",
    }  # fmt: skip
    bob = await office.person("bob")
    path = f"/products/{product['id']}"
    read = await bob.get(path)
    assert (read.json(), read.headers["etag"]) == (product, '"1"')
    edited = await chief.patch(
        path, {"stock": "0.125", "price": None, "custom": {"colour": None, "size": 3}}, version=1
    )
    assert edited.status_code == 200, edited.text
    assert (edited.json()["stock"], edited.json()["price"]) == ("0.125", None)
    assert (edited.json()["custom"], edited.json()["version"]) == ({"size": 3}, 2)
    assert (await chief.patch(path, {"stock": "0.125"}, version=2)).json()["version"] == 2
    assert (await chief.patch(path, {"stock": 1})).status_code == 428
    assert (await chief.patch(path, {"stock": 1}, version=1)).status_code == 412
    assert (await bob.patch(path, {"stock": 1}, version=2)).status_code == 403


async def test_a_price_follows_the_digits_of_its_currency(office: Office) -> None:
    chief = await office.person("chief", "admin")
    made = (await chief.post("/products", {"name": "A", "price": "12.00"})).json()
    path = f"/products/{made['id']}"
    yen = await chief.patch(path, {"currency": "JPY"}, version=1)
    assert (yen.json()["price"], yen.json()["cost"]) == ("12", None)
    refused = await chief.patch(path, {"price": "12.5"}, version=2)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/price")


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("name", " ", 400), ("price", "-1", 400), ("price", "1.001", 400), ("cost", "NaN", 400),
        ("currency", "XXQ", 400), ("vat_rate", "100.01", 400), ("vat_rate", "0.001", 400),
        ("stock", "0.0001", 400), ("replenishment", "often", 400), ("period", "P1H", 400),
        ("period", "P0D", 400), ("lead_time", "1M", 400), ("colour", "red", 400),
    ],
)  # fmt: skip
async def test_what_a_product_cannot_be(
    office: Office, field: str, value: str, status: int
) -> None:
    chief = await office.person("chief", "admin")
    before = await office.counts()
    refused = await chief.post("/products", {"name": "A", field: value})
    assert refused.status_code == status, refused.text
    assert await office.counts() == before


async def test_products_are_found_and_sorted(office: Office) -> None:
    chief = await office.person("chief", "admin")
    for body in (
        {"name": "Ёлка", "sku": "B-7", "price": 3, "category": "Trees"},
        {"name": "архив", "archived": True, "replenishment": "consumption"},
        {"name": "Берёза", "price": 1, "category": "Trees"},
    ):
        assert (await chief.post("/products", body)).status_code == 201

    async def names(**params: str) -> list[str]:
        answer = await chief.get("/products", **params)
        assert answer.status_code == 200, answer.text
        return [row["name"] for row in answer.json()["items"]]

    assert await names(q="елк") == ["Ёлка"]
    assert await names(q="b-7") == ["Ёлка"]
    assert await names(sku="B-7") == ["Ёлка"]
    assert await names(category="Trees", sort="price") == ["Берёза", "Ёлка"]
    assert await names(sort="-price") == ["Ёлка", "Берёза", "архив"]
    assert await names(sort="name") == ["архив", "Берёза", "Ёлка"]
    assert await names(archived="true") == ["архив"]
    assert await names(replenishment="consumption") == ["архив"]
    assert await names(updated_since="2026-03-10T09:00:01Z") == []
    first = (await chief.get("/products", sort="-price", limit=2, count="true")).json()
    assert first["total"] == 3
    assert await names(sort="-price", limit="2", cursor=first["next_cursor"]) == ["архив"]
    assert (await chief.get("/products", sort="colour")).status_code == 400


async def test_a_deleted_product_is_away_until_it_is_restored(office: Office) -> None:
    chief = await office.person("chief", "admin")
    made = (await chief.post("/products", {"name": "A", "external_id": "e"})).json()
    path = f"/products/{made['id']}"
    assert (await chief.delete(path)).status_code == 428
    assert (await chief.delete(path, version=1)).status_code == 204
    assert (await chief.get(path)).status_code == 404
    assert (await chief.get("/products")).json()["items"] == []
    taken = await chief.post("/products", {"name": "B", "external_id": "e"})
    assert taken.json()["detail"] == "This external_id is taken by another record"
    back = await chief.post(f"{path}/restore")
    assert (back.status_code, back.json()["version"]) == (200, 3)
    assert (await chief.post(f"{path}/restore")).json()["version"] == 3
    assert (await chief.get(path)).json() == back.json()


async def test_put_makes_merges_and_brings_back(office: Office) -> None:
    chief = await office.person("chief", "admin")
    path = "/products/by-external-id/1c-77"
    made = await chief.http.put(path, json={"name": "A", "stock": 5})
    assert made.status_code == 201, made.text
    again = await chief.http.put(path, json={"name": "A", "stock": "5.000"})
    assert (again.status_code, again.json()) == (200, made.json())
    merged = await chief.http.put(path, json={"stock": 4})
    assert (merged.json()["stock"], merged.json()["version"]) == ("4.000", 2)
    await chief.delete(f"/products/{made.json()['id']}", version=2)
    back = await chief.http.put(path, json={"stock": 4})
    assert (back.status_code, back.json()["version"]) == (200, 4)
    assert (await chief.http.put("/products/by-external-id/x", json={})).status_code == 400


async def renewal(office: Office, anna: Person, **body: Any) -> dict[str, Any]:
    acme = await office.client(anna)
    terms = {"client_id": acme, "amount": 1, "renewal_date": "2027-01-31", "period": "P1Y"}
    made = await anna.post("/renewals", {**terms, **body})
    assert made.status_code == 201, made.text
    return dict(made.json())


async def test_a_products_lead_time_moves_the_day_of_what_waits(office: Office) -> None:
    chief = await office.person("chief", "admin")
    anna = await office.person("anna")
    product = (await chief.post("/products", {"name": "A", "external_id": "e"})).json()
    plain = await renewal(office, anna)
    general = await renewal(office, anna, product_id=product["id"])
    special = await renewal(office, anna, product_id=product["id"], lead_time="P5D")
    started = await renewal(office, anna, product_id=product["id"])
    await anna.post(f"/renewals/{started['id']}/activate", version=1)

    async def days() -> list[tuple[str, str, int]]:
        found = [
            (await anna.get(f"/renewals/{card['id']}")).json()
            for card in (plain, general, special, started)
        ]
        return [(row["activates_on"], row["lead_time_source"], row["version"]) for row in found]

    before = await days()
    assert before[1] == ("2026-12-31", "pipeline", 1)
    path = f"/products/{product['id']}"
    assert (await chief.patch(path, {"lead_time": "P2M"}, version=1)).status_code == 200
    assert await days() == [
        before[0], ("2026-11-30", "product", 1), before[2], ("2026-12-31", "product", 2),
    ]  # fmt: skip
    put = await chief.http.put("/products/by-external-id/e", json={"lead_time": "P2W"})
    assert put.status_code == 200, put.text
    assert (await days())[1] == ("2027-01-17", "product", 1)
    assert (await chief.patch(path, {"lead_time": None}, version=3)).status_code == 200
    assert (await days())[:3] == before[:3]
    refused = await chief.patch(path, {"lead_time": "P9999Y"}, version=4)
    assert refused.status_code == 422
    assert (await chief.get(path)).json()["lead_time"] is None
