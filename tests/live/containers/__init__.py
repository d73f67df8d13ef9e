"""Tests of the image in a real engine: built as users build it, and run as deploy/ runs it."""
