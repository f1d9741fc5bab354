"""From a wish to a command in flight: the funnel and the ledger."""
