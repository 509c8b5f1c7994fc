"""Offers and invoices on paper: what stands on a sheet, and how it becomes a PDF."""
