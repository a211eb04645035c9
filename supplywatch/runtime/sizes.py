"""How large a message may be: apart from the clients of the broker, for who asks only this shall not load them."""

MAX_MESSAGE_BYTES = 8 * 1024 * 1024
