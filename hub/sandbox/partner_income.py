"""What the simulated welfare system takes of income answers (F9): only what is consistent in itself."""

from xml.etree.ElementTree import Element

from hub.sandbox import partner_xml
from hub.sandbox.partner_xml import Item

AMOUNT = "[0-9]{1,10}"
ABOUT = (Item("fiscal_year", "20[0-9]{2}"), Item("reference_date", partner_xml.DATE))
DECIDED = (
    Item("status", "known|unknown|data_error"),
    Item("income_class", "non_taxable|per_capita_only|taxable", least=0),
    Item(
        "levy",
        inside=(
            Item("total_income", AMOUNT),
            Item("income_levy", AMOUNT),
            Item("per_capita_levy", AMOUNT),
            Item("dependants", "[0-9]{1,2}"),
        ),
        least=0,
    ),
    Item("next_step", "network_inquiry|statement|unknown_income_notice|ask_tax_office", least=0),
)
ANSWER = (
    Item("inquiry_number", "[A-Z]{2}[0-9]{8,10}"),
    partner_xml.ADDRESSEE_NUMBER,
    *ABOUT,
    *DECIDED,
    Item("answered_at", partner_xml.TIME),
)
ANSWERS = (
    Item("list_number", "[A-Z]{2}[0-9]{8,10}"),
    *ABOUT,
    Item("answer", inside=(partner_xml.ADDRESSEE_NUMBER, *DECIDED), most=5000),
    Item("answer_count", "[0-9]{1,6}"),
    Item("answered_at", partner_xml.TIME),
)
# (所得割 above 0, 均等割 above 0) → class; 所得割 without 均等割 has none (domain text 1.3)
CLASSES = {(False, False): "non_taxable", (False, True): "per_capita_only", (True, True): "taxable"}


def consistent(document: Element, operation: str) -> bool:
    """Whether each answer has the class its amounts say, or none and a next step."""
    space = partner_xml.namespace(operation)
    several = document.findall(f"{space}answer")
    count = document.findtext(f"{space}answer_count")
    if count is not None and int(count) != len(several):
        return False
    return all(_holds(one, space) for one in several or [document])


def said(document: Element, operation: str) -> dict[str, str]:
    """Of each person by 宛名番号: "known", "elsewhere" where another body has to be asked, else "unknown"."""
    space = partner_xml.namespace(operation)
    return {
        str(one.findtext(space + "addressee_number")).strip(): _said(
            one.findtext(space + "status"), one.findtext(space + "next_step")
        )
        for one in document.findall(f"{space}answer")
    }


def _said(status: str | None, step: str | None) -> str:
    if step == "network_inquiry":
        return "elsewhere"
    return "known" if status == "known" else "unknown"


def _holds(answer: Element, space: str) -> bool:
    status, tax_class, step = (answer.findtext(space + name) for name in ("status", "income_class", "next_step"))
    levy = answer.find(f"{space}levy")
    if levy is None or status != "known":
        return (
            status != "known"
            and tax_class is None
            and levy is None
            and (step == "ask_tax_office") == (status == "data_error")
        )
    amounts = [int(levy.findtext(space + name) or 0) > 0 for name in ("income_levy", "per_capita_levy")]
    return step is None and CLASSES.get((amounts[0], amounts[1])) == tax_class
