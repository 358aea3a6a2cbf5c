# Sourced by tools/quickstart and tools/check, which set $root: installs what is missing of tools/packages.txt.
# shellcheck shell=sh disable=SC2154

say() {
    printf '\n== %s\n' "$*"
}

# ensure_packages KIND...: asks for nothing when everything is there.
ensure_packages() {
    if ! command -v dpkg-query > /dev/null; then
        say "Not a Debian system: see tools/packages.txt for what is needed"
        return 0
    fi
    missing=
    for kind in "$@"; do
        # shellcheck disable=SC2013 # a package's name is one word
        for package in $(sed -n "s/^$kind  *//p" "$root/tools/packages.txt"); do
            status=$(dpkg-query -W -f '${Status}' "$package" 2> /dev/null || true)
            [ "$status" = "install ok installed" ] || missing="$missing $package"
        done
    done
    [ -n "$missing" ] || return 0
    say "Installing with apt-get:$missing"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo > /dev/null; then
            echo "not root and no sudo; please install:$missing" >&2
            return 1
        fi
        as_root="sudo"
    fi
    $as_root apt-get -q update
    # shellcheck disable=SC2086 # a list of words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing
}
