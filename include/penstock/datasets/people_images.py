"""Images of people, named by the user id, in the folder of people. Only metadata is loaded."""

from penstock.declare.columns import Integer, Text, Timestamp
from penstock.declare.dataset import Dataset
from penstock.declare.formats import Listing

people_images = Dataset(
    name="people_images",
    description="Images of people, without their content; of several images of a person the .png "
    "counts.",
    files={f"*.{kind}": Listing() for kind in ("png", "jpg", "jpeg")},
    folder="people",
    path_pattern=r"(?:.*/)?(?P<user_id>[^/]+)\.\w+",
    columns=(
        Text("user_id"),
        Text("path"),
        Integer("size_bytes", minimum=1),
        Timestamp("modified_at"),
    ),
    mirror=True,
)
