"""A till with discounts that register themselves."""
