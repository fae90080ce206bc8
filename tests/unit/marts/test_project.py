"""The dbt project without what is made of some datasets."""

import pytest

from penstock.datasets import all_datasets
from penstock.marts import lineage, project


@pytest.mark.usefixtures("bare_home")
@pytest.mark.parametrize("dataset", sorted(all_datasets()))
def test_each_dataset_stands_alone_with_all_that_is_made_of_it(dataset: str) -> None:
    together = lineage.built_with(dataset)
    folder = project.folder(together)
    models = {path.name for path in (folder / "models").rglob("*.sql")}
    assert models >= {path.name for name in together for path in lineage.models(name)}
    others = all_datasets().keys() - set(together)
    assert not models & {path.name for name in others for path in lineage.models(name)}
    said = {path.name for path in (folder / "models").rglob("*.yml")} - {"sources.yml"}
    assert said == {name.replace(".sql", ".yml") for name in models}
    assert project.folder(together) == folder


@pytest.mark.usefixtures("bare_home")
def test_all_is_the_project_itself_where_no_dataset_is_outside() -> None:
    assert project.folder() == project.PROJECT
