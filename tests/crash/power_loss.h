/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A disk that forgets. With AUTOREG_POWER_LOSS=SEED in the environment SQLite writes through a
 * layer that remembers what has not been synced; when the power goes, of each file a part of that
 * is lost, chosen by the seed: sector by sector, in any order, as a disk with a cache may do it.
 *
 * Only SQLite's own files are covered.
 */

/* The power goes now. Returns, so that the process can be killed; nothing is written any more. */
void power_loss_strike(void);
