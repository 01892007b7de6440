# SPDX-License-Identifier: GPL-2.0
# Completion of vifctl for bash.

# XenStore is for root alone, which somebody who completes behind sudo is not.
_vifctl_vifs() {
	local list net
	if list=$(vifctl -j list 2>/dev/null); then
		grep -o '"vif":"[^"]*"' <<<"$list" | cut -d'"' -f4
		return
	fi
	for net in "${VIFCTL_ROOT-}"/sys/bus/xen{-backend,}/devices/*/net/*; do
		[ -d "$net" ] && basename "$net"
	done
}

# Those of virtio have their interrupts a step further up.
_vifctl_nics() {
	local nic
	for nic in "${VIFCTL_ROOT-}"/sys/class/net/*; do
		if [[ -d $nic/device/msi_irqs || $(readlink "$nic/device/subsystem") == */virtio &&
			-d $nic/device/../msi_irqs ]]; then
			basename "$nic"
		fi
	done
}

_vifctl_bridges() {
	local dir
	for dir in "${VIFCTL_ROOT-}"/sys/class/net/*/bridge; do
		[ -d "$dir" ] && basename "${dir%/bridge}"
	done
}

# All but dom0; a name may have spaces.
_vifctl_domains() {
	xl list 2>/dev/null | sed -nE 's/^(.*[^ ]) +[1-9][0-9]* +[0-9]+ +[0-9]+ +[^ ]+ +[^ ]+$/\1/p'
}

# What a command has besides the options of all.
_vifctl_options() {
	case $1 in
	top) echo -d --delay -s --sort -f --unfold -b --batch -n --count ;;
	attach | detach) echo -t --time ;;
	diagnose) echo -t --time --save --from ;;
	esac
	echo -j --json -p --pretty -n --dry-run -V --version -h --help
}

# Is this an option of a command that has a value behind it?
_vifctl_has_value() {
	case $1:$2 in
	top:-d | top:--delay | top:-s | top:--sort | top:-n | top:--count) return 0 ;;
	*:-t | *:--time | *:--save | *:--from) return 0 ;;
	esac
	return 1
}

_vifctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} words=() i command='' args=() option='' word quoted

	# The shell makes three words of --time=5.
	if [ "$cur" = = ]; then cur=''; fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [ "${COMP_WORDS[i]}" = = ]; then continue; fi
		if [ -n "$option" ]; then
			option=''
			continue
		fi
		case ${COMP_WORDS[i]} in
		-*) if _vifctl_has_value "$command" "${COMP_WORDS[i]}"; then option=${COMP_WORDS[i]}; fi ;;
		*) if [ -z "$command" ]; then command=${COMP_WORDS[i]}; else args+=("${COMP_WORDS[i]}"); fi ;;
		esac
	done

	case $option in
	--save | --from)
		# Have what is inserted quoted; in a test there is nothing to have it from.
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	-s | --sort) words=(VIF RXPKT RXBIT RXBAT TXPKT TXBIT TXBAT DROP ERR EVENT CPU DOMAIN) ;;
	'')
		case $cur in
		-*) words=($(_vifctl_options "$command")) ;;
		*)
			case $command:${#args[@]} in
			:*) words=(list show top diagnose pin unpin spread policy mode completion queues
				rate attach detach) ;;
			show:* | mode:0 | completion:0 | queues:0 | rate:0 | detach:0)
				mapfile -t words < <(_vifctl_vifs) ;;
			diagnose:0) mapfile -t words < <(_vifctl_vifs; _vifctl_nics; _vifctl_bridges) ;;
			pin:0 | unpin:0) mapfile -t words < <(_vifctl_vifs; _vifctl_nics) ;;
			pin:1) words=(all q0 to near node) ;;
			pin:2 | pin:3)
				case ${args[-1]} in
				near) mapfile -t words < <(_vifctl_nics) ;;
				all | q*) words=(to near node) ;;
				esac ;;
			unpin:1) words=(all q0) ;;
			spread:0) words=(over) ;;
			policy:0) words=(show set delete apply watch covers) ;;
			policy:1) case ${args[0]} in set | delete | apply) mapfile -t words < <(_vifctl_vifs; _vifctl_nics) ;; esac ;;
			policy:2) case ${args[0]} in set) words=(all q0 to) ;; delete) words=(all q0) ;; esac ;;
			policy:[3-5])
				case ${args[0]}:${args[-2]}:${args[-1]} in
				set:*:all | set:*:q*) words=(to) ;;
				set:to:*) words=(mode=napi mode=kthread mode=tasklet) ;;
				set:*:mode) words=(napi kthread tasklet) ;;
				esac ;;
			mode:1) words=(napi kthread tasklet) ;;
			completion:1) words=(home local) ;;
			rate:1) words=(none) ;;
			attach:0) mapfile -t words < <(_vifctl_domains) ;;
			attach:1) mapfile -t words < <(_vifctl_bridges | sed 's/^/bridge=/') ;;
			esac
			;;
		esac
		;;
	esac
	# Not compgen -W, which has the shell expand names that guests' owners have chosen.
	for word in "${words[@]}"; do
		printf -v quoted %q "$word"
		if [[ $word == "$cur"* || $quoted == "$cur"* ]]; then COMPREPLY+=("$quoted"); fi
	done
}
complete -F _vifctl vifctl
