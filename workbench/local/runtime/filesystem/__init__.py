"""The private file systems of execution environments (lambda-facts §1.4, §1.8).

Where Linux allows mount namespaces, to the superuser or to an ordinary user, a function sees what
it sees on AWS: its code read-only in /var/task, its layers merged in /opt, a /tmp of its own. The
rest of the machine is as it is. Elsewhere environment variables point to the folders.
"""
