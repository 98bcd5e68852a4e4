"""What each machine can do, and when each open job runs."""
