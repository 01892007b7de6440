# SPDX-License-Identifier: GPL-2.0
# Completion of vifctl for bash.

_vifctl_vifs() {
	vifctl -j list 2>/dev/null | grep -o '"vif":"[^"]*"' | cut -d'"' -f4
}

_vifctl_nics() {
	local dir
	for dir in /sys/class/net/*/device/msi_irqs; do
		[ -d "$dir" ] && basename "${dir%/device/msi_irqs}"
	done
}

_vifctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} words=() i command='' args=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-*) ;;
		*) if [ -z "$command" ]; then command=${COMP_WORDS[i]}; else args+=("${COMP_WORDS[i]}"); fi ;;
		esac
	done

	case $command:${#args[@]} in
	:*) words=(list show diagnose pin unpin spread policy mode completion queues rate
		-j --json -p --pretty -n --dry-run -V --version -h --help) ;;
	show:* | mode:0 | completion:0 | queues:0 | rate:0) words=($(_vifctl_vifs)) ;;
	diagnose:0) words=($(_vifctl_vifs) $(_vifctl_nics) -t --save --from) ;;
	pin:0 | unpin:0) words=($(_vifctl_vifs) $(_vifctl_nics)) ;;
	pin:1) words=(all q0 to near node) ;;
	pin:2) if [ "${args[1]}" = near ]; then words=($(_vifctl_nics)); else words=(to near node); fi ;;
	pin:3) if [ "${args[2]}" = near ]; then words=($(_vifctl_nics)); fi ;;
	unpin:1) words=(all q0) ;;
	spread:0) words=(over) ;;
	policy:0) words=(show set delete apply watch covers) ;;
	policy:1) case ${args[0]} in set | delete | apply) words=($(_vifctl_vifs)) ;; esac ;;
	policy:2) if [ "${args[0]}" = set ]; then words=(all q0 to); else words=(all q0); fi ;;
	mode:1) words=(napi kthread tasklet) ;;
	completion:1) words=(home local) ;;
	rate:1) words=(none) ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "${words[*]}" -- "$cur")
}
complete -F _vifctl vifctl
