"""GitHub's Actions service, for all clusters of a lab, with a ledger of every job."""
