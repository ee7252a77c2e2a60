"""Work items, the store of their results, and the processes that compute them."""
