"""Engines that sample and count a table."""
