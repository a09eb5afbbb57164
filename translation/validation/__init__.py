"""A form that is saved: may it be, and what is kept with it."""
