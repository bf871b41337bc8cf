"""Why there is no model to score with."""


class ModelUnavailable(Exception):
    """There is no classifier to score with; the text is a line that names the file and the remedy."""


class ModelMissing(ModelUnavailable):
    """A model that is not there."""


class ModelBroken(ModelUnavailable):
    """A model that is there and must not be used: damaged, or holding types that are not trusted."""
