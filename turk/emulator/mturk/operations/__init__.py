"""What each operation of the API does; one function each, from the parameters to the answer."""
