#!/bin/sh
# Writes plan.md: what mappings would change where they run, for a comment on a pull request. It fails as the plan does.
# Usage: plan.sh FILES [OPTIONS OF chappe plan]
set -u
code=0
said=$(chappe plan "$@" 2>&1) || code=$?
{
    echo "### What this change does to the mappings"
    echo
    printf '%s\n' "$said" | sed 's/^/    /'
} > plan.md
exit "$code"
