"""What is asked of agreements in the story that the examples are taken from."""

from tests.contract.teller import Teller


async def agreements(t: Teller, agreement_id: int) -> None:
    """One that a renewal has made: read, edited, with its file; and new ones beside it."""
    await t("getAgreement", agreement_id, by="anna")
    await t("listTerms", agreement_id, by="anna")
    await t("editAgreement", agreement_id, body={"lead_time": "P30D"}, by="anna")
    file = {"name": "contract.pdf", "content": "JVBERi0xLjc="}
    await t("attachAgreementFile", agreement_id, body=file, by="anna")
    await t("getAgreementFile", agreement_id, by="anna")
    await t("removeAgreementFile", agreement_id, by="anna")
    await t("listAgreements", status="running", limit=1, by="anna")
    body = {
        "title": "Cleaning", "client_id": t["client"], "amount": "900.00", "period": "P1M",
        "renewal_date": "2026-07-01",
    }  # fmt: skip
    await t("createAgreement", body=body, keep="agreement", by="anna")
    await t("putAgreement", "contract-5", body={**body, "title": "Water"}, by="anna")
