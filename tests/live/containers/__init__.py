"""Tests of the image by a real engine: built as users build it, run as deploy/ runs it."""
