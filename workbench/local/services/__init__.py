"""The AWS services behind functions: embedded ones, another endpoint's, or a real account's."""
