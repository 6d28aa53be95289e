#!/bin/sh
# Mails an anchor to whoever shall be able to prove later what the lake was. For kycsync sync:
#
#   --anchor-command '/usr/local/libexec/kycsync-mail-anchor kycsync@acme.example auditor@acme.example'
#
# On stdin it gets the anchor's line and, with --anchor-sign-key, the armored signature of that line. No word of the
# line comes into an address or a header, so that it can say nothing to the mail program. Any sendmail will do: that of
# Postfix, Exim, msmtp or dma. It has 30 seconds, and its status counts.
set -eu
from=$1
to=$2
{
	printf 'From: %s\nTo: %s\nSubject: kycsync anchor\nMIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\n' "$from" "$to"
	cat
} | "${SENDMAIL:-/usr/sbin/sendmail}" -i -f "$from" -- "$to"
