"""The order's life: placed, moved, held, cancelled."""
