#!/bin/sh
# files.sh FSMGEN SOURCE FOLDER: what fsmgen does with files. It writes all forms, the same bytes each time; touches
# nothing that has not changed; leaves files alone when the definition is broken; says what it cannot read or write.
set -eu
fsmgen=$1 source=$2 folder=$3

fail() {
    echo "files.sh: $*; fsmgen said: $(cat said)" >&2
    exit 1
}

# expect CODE ARG...: runs fsmgen, its stderr goes to `said`.
expect() {
    wanted=$1
    shift
    code=0
    "$fsmgen" "$@" >printed 2>said || code=$?
    [ "$code" -eq "$wanted" ] || fail "exit $code instead of $wanted from: fsmgen $*"
}

# generate CODE DEFINITION: writes every form.
generate() {
    expect "$1" --c table.c --dot states.dot --mermaid states.mmd --markdown page.md "$2"
}

rm -rf "$folder"
mkdir -p "$folder/first"
cd "$folder"

generate 0 "$source/fsm/states.def"
[ ! -s said ] || fail "a sound machine gives no finding"
grep -q 'at most 13 transitions a run' printed || fail "the bound of a run is not printed"
cp table.c states.dot states.mmd page.md first
touch -d 2001-01-01T00:00:00Z table.c states.dot states.mmd page.md reference

# Comments and spacing change nothing, so nothing is written.
{ sed 's/  */ /g' "$source/fsm/states.def"; echo '# the end'; } >spaced.def
generate 0 spaced.def
for file in table.c states.dot states.mmd page.md; do
    cmp -s "$file" "first/$file" || fail "$file has other bytes"
    [ -z "$(find "$file" -newer reference)" ] || fail "$file was written again"
done

# A broken definition leaves them alone.
sed 's/-> static_check/-> static_chek/' "$source/fsm/states.def" >broken.def
generate 1 broken.def
echo "broken.def:12:25: error: unknown state 'static_chek'; did you mean 'static_check'? [E020]" | cmp -s - said ||
    fail "the error is not as expected"
cmp -s table.c first/table.c || fail "a broken definition changed table.c"
[ ! -s printed ] || fail "a broken definition has no bound"

# A change is written.
sed 's/timeout 60m/timeout 61m/' "$source/fsm/states.def" >changed.def
generate 0 changed.def
! cmp -s table.c first/table.c || fail "table.c did not change"

expect 1 missing.def
grep -q missing.def said || fail "a missing file is not named"
expect 1 .
expect 1 --c no/such/folder/table.c "$source/fsm/states.def"
grep -q no/such/folder said || fail "an impossible output is not named"
expect 2
expect 2 --nonsense "$source/fsm/states.def"
expect 2 -Wall "$source/fsm/states.def"
