"""What several test packages use: homes, stores read whole, homes compared."""
