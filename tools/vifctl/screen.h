/* SPDX-License-Identifier: GPL-2.0 */
/* The screen of `vifctl top`. */
#ifndef VC_SCREEN_H
#define VC_SCREEN_H

struct vc_top;

void vc_screen_run(struct vc_top *top);

#endif /* VC_SCREEN_H */
