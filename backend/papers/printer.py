"""A sheet as a PDF: reads one as JSON from standard input, writes the file to standard output.

It runs as a process of its own, so that a long document keeps nobody waiting.
"""

import logging
import sys

import fontpkg_pt_sans
import msgspec
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, WrapMode, XPos, YPos
from fpdf.fonts import FontFace

from backend.papers import words
from backend.papers.captions import CAPTIONS, Captions
from backend.papers.sheet import Line, Sheet

FONT = "PT Sans"
FILES = fontpkg_pt_sans.ROOT / "files"
WIDTHS = (8, 74, 18, 14, 28, 18, 30)  # millimetres of an A4 sheet between the margins
ALIGN = ("RIGHT", "LEFT", "RIGHT", "LEFT", "RIGHT", "RIGHT", "RIGHT")


def render(sheet: Sheet) -> bytes:
    """The bytes of the PDF, the same ones for the same sheet."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(sheet.made_at)
    pdf.add_font(FONT, "", FILES / "PT_Sans-Web-Regular.ttf")
    pdf.add_font(FONT, "B", FILES / "PT_Sans-Web-Bold.ttf")
    told = CAPTIONS[sheet.language]
    title = f"{told.titles[sheet.kind]} № {sheet.number}"
    pdf.set_title(title)
    pdf.set_lang(sheet.language)
    pdf.set_margins(10, 12)
    pdf.set_auto_page_break(True, margin=15)
    pdf.add_page()
    if sheet.kind == "invoice" and (sheet.seller.bank or sheet.seller.account):
        _bank(pdf, sheet, told)
    _heading(pdf, f"{title} {told.dated} {words.day(sheet.on, sheet.language)}")
    _parties(pdf, sheet, told)
    _lines(pdf, sheet, told)
    _totals(pdf, sheet, told)
    _terms(pdf, sheet, told)
    _signature(pdf, sheet, told)
    return bytes(pdf.output())


def _text(pdf: FPDF, text: str, size: float = 10, style: str = "", align: str = "LEFT") -> None:
    pdf.set_font(FONT, style, size)
    pdf.multi_cell(
        0,
        size * 0.5,
        text,
        align=align,
        new_x=XPos.LMARGIN,
        new_y=YPos.NEXT,
        wrapmode=WrapMode.WORD,
    )


def _heading(pdf: FPDF, text: str) -> None:
    _text(pdf, text, 15, "B")
    pdf.ln(1)
    pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())
    pdf.ln(3)


def _bank(pdf: FPDF, sheet: Sheet, told: Captions) -> None:
    """Where to pay, as a table that an accountant knows at a glance."""
    own = sheet.seller
    rows = (
        (own.bank, told.bank, told.bik, own.bik),
        ("", "", told.corr_account, own.corr_account),
        (own.name, told.receiver, told.account, own.account),
        (f"{told.inn} {own.inn}", f"{told.kpp} {own.kpp}" if own.kpp else "", "", ""),
    )
    pdf.set_font(FONT, "", 9)
    layout = TableBordersLayout.ALL
    with pdf.table(
        col_widths=(70, 40, 25, 55), first_row_as_headings=False, borders_layout=layout,
        line_height=5,
    ) as table:  # fmt: skip
        for cells in rows:
            row = table.row()
            for cell in cells:
                row.cell(cell)
    pdf.ln(5)


def _parties(pdf: FPDF, sheet: Sheet, told: Captions) -> None:
    for caption, party in ((told.seller, sheet.seller), (told.buyer, sheet.buyer)):
        numbers = [
            f"{name} {value}"
            for name, value in ((told.inn, party.inn), (told.kpp, party.kpp))
            if value
        ]
        known = ", ".join(part for part in (party.name, *numbers, party.address) if part)
        if known:
            _text(pdf, f"{caption}: {known}")
    if sheet.valid_until is not None and sheet.kind == "offer":
        _text(pdf, f"{told.valid_until} {words.day(sheet.valid_until, sheet.language)}")
    pdf.ln(3)


def _lines(pdf: FPDF, sheet: Sheet, told: Captions) -> None:
    pdf.set_font(FONT, "", 9)
    with pdf.table(
        col_widths=WIDTHS, text_align=ALIGN, line_height=5,
        headings_style=FontFace(emphasis="BOLD"),
    ) as table:  # fmt: skip
        heads = table.row()
        for caption in told.columns:
            heads.cell(caption)
        for number, line in enumerate(sheet.lines, start=1):
            row = table.row()
            for cell in _cells(number, line, sheet):
                row.cell(cell)
    pdf.ln(2)


def _cells(number: int, line: Line, sheet: Sheet) -> tuple[str, ...]:
    language = sheet.language
    return (
        str(number), line.description, words.quantity(line.quantity, language), line.unit,
        words.amount(line.price, language),
        words.percent(line.discount, language) if float(line.discount) else "",
        words.amount(line.total, language),
    )  # fmt: skip


def _totals(pdf: FPDF, sheet: Sheet, told: Captions) -> None:
    language, sums = sheet.language, []
    taxed = any(line.vat_rate is not None for line in sheet.lines)
    if float(sheet.discount):
        sums.append((told.discount, words.percent(sheet.discount, language)))
    vat = words.amount(sheet.vat_total, language)
    if not taxed:
        sums.append((told.no_vat, "–"))
    else:
        sums.append((told.vat_inside if sheet.vat_included else told.vat_on_top, vat))
    total = f"{words.amount(sheet.total, language)} {told.money(sheet.currency)}"
    sums.append((told.totals[sheet.kind], total))
    for caption, value in sums:
        _text(pdf, f"{caption}: {value}", 10, "B", "RIGHT")
    pdf.ln(2)
    if sheet.kind == "invoice" and language == "ru" and sheet.currency == "RUB":
        _text(pdf, told.count.format(count=len(sheet.lines)))
        _text(pdf, words.roubles(sheet.total), 10, "B")
        pdf.ln(2)


def _terms(pdf: FPDF, sheet: Sheet, told: Captions) -> None:
    days = "" if sheet.delivery_days is None else told.days(sheet.delivery_days)
    for caption, value in (
        (told.payment_terms, sheet.payment_terms),
        (told.delivery, days),
        (told.bonus, sheet.bonus),
        (told.special_terms, sheet.special_terms),
    ):
        if value:
            _text(pdf, f"{caption}: {value}")
            pdf.ln(1)


def _signature(pdf: FPDF, sheet: Sheet, told: Captions) -> None:
    pdf.ln(8)
    if sheet.kind == "invoice":
        _text(pdf, f"{told.director} ____________________ {sheet.seller.director}")
    elif sheet.owner:
        _text(pdf, f"{told.manager}: {sheet.owner}")


def main() -> None:
    # A letter that the font lacks is drawn as a box; it is no reason to write into the pipe.
    logging.disable(logging.WARNING)
    sheet = msgspec.json.decode(sys.stdin.buffer.read(), type=Sheet)
    sys.stdout.buffer.write(render(sheet))


if __name__ == "__main__":
    main()
