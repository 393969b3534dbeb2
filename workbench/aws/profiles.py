"""The profiles of the AWS configuration files, as botocore reads them."""

from __future__ import annotations

from workbench.aws.records import ProfileInfo, ProfileKind


def configured_profiles() -> list[ProfileInfo]:
    """The profiles by name. Raises botocore's ConfigParseError when a file is damaged."""
    # Late: botocore costs 140 ms.
    import botocore.session

    found = botocore.session.Session().full_config.get("profiles", {})
    return [
        ProfileInfo(name, settings.get("region"), _kind(settings))
        for name, settings in sorted(found.items())
    ]


def signing_in(name: str) -> ProfileInfo | None:
    """The profile with whose credentials a profile begins: itself, or for a role the last of its
    source profiles. None where that leads nowhere. Raises as `configured_profiles`."""
    import botocore.session

    found = botocore.session.Session().full_config.get("profiles", {})
    visited = set()
    while name in found and name not in visited:
        visited.add(name)
        settings = found[name]
        kind = _kind(settings)
        if kind != "role" or "source_profile" not in settings:
            return ProfileInfo(name, settings.get("region"), kind)
        if settings["source_profile"] == name:  # its own keys
            return ProfileInfo(name, settings.get("region"), "static")
        name = settings["source_profile"]
    return None


def _kind(settings: dict[str, object]) -> ProfileKind:
    # In botocore's own order: a role wins over the keys it is assumed with.
    if "role_arn" in settings and "web_identity_token_file" in settings:
        return "web identity"
    if "role_arn" in settings:
        return "role"
    if "sso_session" in settings or "sso_start_url" in settings:
        return "sso"
    if "aws_access_key_id" in settings:
        return "static"
    if "login_session" in settings:
        return "login"
    if "credential_process" in settings:
        return "process"
    return "none"
