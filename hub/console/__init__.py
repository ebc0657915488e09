"""The web console: what support staff, reviewers and operators see and do (issue 6). Server-rendered; no build step.

browser ─▶ application (headers, session, rights by `table`) ─▶ one file per screen ─▶ hub.support, as the CLI does
"""
