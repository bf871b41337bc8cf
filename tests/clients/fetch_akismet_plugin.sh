#!/usr/bin/env bash
# Puts the Akismet plugin of today beside this file, out of the WordPress of Debian's unstable, from the archive that this
# machine has its packages from. Nothing is installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
aside=$(mktemp -d)
trap 'rm -rf "$aside"' EXIT
cd "$aside"
mkdir -p lists/partial cache/archives/partial
archive=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
echo "deb $archive sid main" >sid.list
own=(-o "Dir::Etc::sourcelist=$aside/sid.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$aside/lists"
  -o "Dir::Cache=$aside/cache" -o "APT::Sandbox::User=root")
apt-get "${own[@]}" -qq update
apt-get "${own[@]}" -qq download wordpress
dpkg -x wordpress_*.deb x
rm -rf "$here/akismet-plugin"
cp -rL x/usr/share/wordpress/wp-content/plugins/akismet "$here/akismet-plugin"
grep -m1 "^Version" "$here/akismet-plugin/akismet.php"
