"""What a person can mend; everything else is a bug and keeps its traceback."""


class UserError(Exception):
    """A mistake of the caller, told as `<where>: <rule>; got <value>, expected <value>. <What to do.>`"""


class Unavailable(UserError):
    """Something optional (weights, a package) is not at hand: skipped by default, an error when it was named."""
