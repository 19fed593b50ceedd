#!/bin/sh
# Collects every text of code and pages into the catalogues (of another directory when one is named); translations that
# still fit are kept. Running it again changes nothing: the result is sorted, and free of dates and line numbers.
set -eu
catalogues=$(cd "${1:-$(dirname "$0")}" && pwd)
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

pybabel --quiet extract -F babel.cfg -k N_ -k _l --no-location --sort-output --no-wrap --project Wrenchway -o "$work/messages.pot" .

for catalogue in "$catalogues"/*/LC_MESSAGES; do
    language=$(basename "$(dirname "$catalogue")")
    if [ -f "$catalogue/messages.po" ]; then
        cp "$catalogue/messages.po" "$work/messages.po"
        pybabel --quiet update --no-fuzzy-matching --ignore-obsolete --no-wrap -l "$language" -i "$work/messages.pot" -o "$work/messages.po"
    else
        pybabel --quiet init --no-wrap -l "$language" -i "$work/messages.pot" -o "$work/messages.po"
    fi
    # Who changed what when is told by the history of the repository, not by a header that differs after every run.
    { echo "# The texts of Wrenchway in $language."; sed -E '/^#( |$)/d
        /^"(Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By):/d' "$work/messages.po"
    } > "$catalogue/messages.po"
done
