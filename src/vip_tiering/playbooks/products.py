"""products.yaml: the products, services and activities that playbooks are about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, StrictInt

from vip_tiering.playbooks.floor import Looser, PlaybookFile, refuse
from vip_tiering.rules.forms import Clause, Code, FewWords, Label, Override, Reason, Source, Strict, Version, check_unique
from vip_tiering.rules.yaml_file import Document

NOT_DISTRIBUTABLE: Final = ("private_fund",)
"""The floor: kinds of product that a bank may not sell."""
COUPON_KINDS: Final = ("bond", "deposit")
"""The floor: what has a fixed, published coupon, which is a fact and no promise."""
FACTS: Final[dict[str, str]] = {
    "product_term": "term",
    "product_minimum": "minimum",
    "product_from": "sale_from",
    "product_until": "sale_until",
    "coupon": "coupon",
}
"""Field of messages -> the key of a product that it is filled from."""
SALE_PERIOD: Final = ("product_from", "product_until")
"""Fields that are true only as long as a product is on sale."""


class Product(Strict):
    """Something that an action is about."""

    code: Annotated[Code, Field(description="short name in the playbooks")]
    label: Annotated[Label, Field(description="name for people, and what ${product} becomes")]
    kind: Annotated[
        Literal["bond", "deposit", "fund", "wealth", "insurance", "metal", "card", "service", "activity", "trust", "plan", "private_fund"],
        Field(description="what sort of product it is"),
    ]
    offer: Annotated[Literal["public", "private"], Field(description="private: only by non-public means, to qualified investors")]
    risk: Annotated[Literal["none", "R1", "R2", "R3", "R4", "R5"], Field(description="risk level; none where principal is not at risk")]
    benefit: Annotated[Literal["protection", "uncertain"], Field(description="of an insurance: what the policy pays")] | None = None
    launch_on: Annotated[dt.date, Field(description="first day on which it is offered")] | None = None
    call_days: (
        Annotated[StrictInt, Field(ge=1, le=92, description="for so many days from launch_on customers are called about it")] | None
    ) = None
    term: Annotated[FewWords, Field(description="how long it runs, such as 3年; what ${product_term} becomes")] | None = None
    minimum: Annotated[FewWords, Field(description="the least that can be bought: 100元; what ${product_minimum} becomes")] | None = None
    sale_from: Annotated[dt.date, Field(description="first day of its sale; ${product_from} becomes its month and day")] | None = None
    sale_until: (
        Annotated[dt.date, Field(description="last day of its sale; ${product_until}; later no text that names it goes out")] | None
    ) = None
    coupon: (
        Annotated[
            str,
            Field(pattern=r"^[0-9]{1,2}(\.[0-9]{1,4})?%$", description='published coupon of a bond or a deposit, quoted, such as "4.00%"'),
        ]
        | None
    ) = None
    not_distributable: Annotated[Reason, Field(description="why a bank may not sell it; it appears in no list")] | None = None
    source: Clause
    override: Annotated[Override, Field(description="needed where not_distributable is looser than the floor")] | None = None

    @property
    def facts(self) -> dict[str, str]:
        """What messages may say of it, by field: only what is given."""
        given = {field: getattr(self, key) for field, key in FACTS.items()}
        return {
            field: f"{value.month}月{value.day}日" if isinstance(value, dt.date) else value
            for field, value in given.items()
            if value is not None
        }


class ProductsFile(PlaybookFile):
    """The products, services and activities that playbooks are about."""

    version: Version
    source: Source | None = None
    products: Annotated[list[Product], Field(min_length=1, description="each product once")]

    @property
    def by_code(self) -> dict[str, Product]:
        """The products by their codes."""
        return {one.code: one for one in self.products}

    def check(self, document: Document) -> None:
        """Add products that are named twice or contradict themselves."""
        check_unique(document, ("products",), "code", (one.code for one in self.products))
        check_unique(document, ("products",), "label", (one.label for one in self.products))
        for index, one in enumerate(self.products):
            here = ("products", index)
            if one.call_days is not None and one.launch_on is None:
                document.add((*here, "call_days"), "needs launch_on, the day from which they count")
            if one.kind == "insurance" and one.benefit is None:
                document.add(here, "is an insurance without benefit; write benefit: protection or benefit: uncertain")
            if one.kind != "insurance" and one.benefit is not None:
                document.add((*here, "benefit"), "is for kind: insurance only")
            if one.kind in ("trust", "plan", "private_fund") and one.offer != "private":
                document.add((*here, "offer"), f"must be private for kind: {one.kind}")
            if one.coupon is not None and one.kind not in COUPON_KINDS:
                document.add((*here, "coupon"), f"is for kind: {' and kind: '.join(COUPON_KINDS)} only; no other product promises one")
            if one.sale_from is not None and one.sale_until is not None and one.sale_until < one.sale_from:
                document.add((*here, "sale_until"), "must not be before sale_from")
            if one.risk == "none" and (one.offer == "private" or one.benefit == "uncertain"):
                document.add((*here, "risk"), "must be a level from R1 to R5: the principal or the benefit is not certain")
        refuse(document, self.looser())

    def looser(self) -> Iterator[Looser]:
        """Yield products that a bank may not sell and that do not say so."""
        for index, one in enumerate(self.products):
            if one.kind in NOT_DISTRIBUTABLE and one.not_distributable is None:
                yield Looser(("products", index), f"must say not_distributable, as kind: {one.kind} needs", one.override)
