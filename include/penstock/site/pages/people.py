"""The page of people: a table with images, by age and image; the old system's output.csv."""

import asyncio
import io

from fastapi import Request
from starlette.responses import Response

from penstock.api import paging
from penstock.api.errors import not_found
from penstock.api.routers import people
from penstock.api.services import Provided
from penstock.datasets.people_images import people_images
from penstock.files import landing
from penstock.site.rendering import render
from penstock.site.routing import pages

router = pages()

_PAGE = 50
_SIDE = 96  # pixels of a thumbnail; shown at half of that, for sharp screens
_MOST_PIXELS = 50_000_000  # of an image: a larger one could fill the memory
_TOTALS = """
SELECT coalesce(sum(people), 0)::bigint AS people, coalesce(sum(with_image), 0)::bigint AS images
FROM marts.people_by_age
"""
_AGES = """
SELECT decade, coalesce(sum(with_image), 0)::bigint AS with_image,
    coalesce(sum(people - with_image), 0)::bigint AS without
FROM (SELECT generate_series(0, max(age) / 10 * 10, 10) AS decade FROM marts.people_by_age) AS all_
LEFT JOIN marts.people_by_age ON age / 10 * 10 = decade
GROUP BY decade ORDER BY decade
"""
_IMAGE = "SELECT img_path FROM marts.people WHERE user_id = %s AND img_path IS NOT NULL"


@router.get("/people")
async def show(
    request: Request,
    services: Provided,
    filters: people.Filtered,
    cursor: paging.Cursor = None,
) -> Response:
    """Show people by id, with their images."""
    database = services.database
    ages = await database.rows(_AGES)
    return render(
        request,
        "people.html",
        totals=await database.row(_TOTALS) or {"people": 0, "images": 0},
        decades=[f"{row['decade']} to {row['decade'] + 9}" for row in ages],
        series={
            "with an image": [row["with_image"] for row in ages],
            "without": [row["without"] for row in ages],
        },
        page=await people.page_of(database, filters, _PAGE, cursor),
        filters=vars(filters),
        paged=cursor is not None,
    )


@router.get("/people/output.csv")
async def output_csv(services: Provided) -> Response:
    """Return all people as the old system's output.csv."""
    return await people.output_csv(services)


@router.get("/people/{user_id}/image")
async def image(services: Provided, user_id: str) -> Response:
    """Return the image of a person, small.

    Raises:
        ApiError: 404, the person has none, or it cannot be drawn.
    """
    row = await services.database.row(_IMAGE, [user_id])
    small = await asyncio.to_thread(_thumbnail, row["img_path"]) if row else None
    if small is None:
        raise not_found(f"image of {user_id!r}")
    headers = {"Cache-Control": "private, max-age=300"}
    return Response(small, headers=headers, media_type="image/png")


def _thumbnail(path: str) -> bytes | None:
    """Return the image at a path of the mirror as a small PNG; None if it cannot be drawn."""
    from PIL import Image, UnidentifiedImageError

    place = landing.folder(people_images) / path
    if landing.why_not_a_file(place):
        return None
    try:
        with Image.open(place, formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                return None
            picture.thumbnail((_SIDE, _SIDE))
            out = io.BytesIO()
            picture.convert("RGBA").save(out, "PNG")
            return out.getvalue()
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError):
        return None
