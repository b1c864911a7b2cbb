"""Login sessions: cookies, CSRF, device proofs, and the guard before every route."""
