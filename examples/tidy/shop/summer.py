from shop.registry import register

@register("summer")
def summer(price: float) -> float:
    return price * 0.9
