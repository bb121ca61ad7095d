/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright The previrt authors */
#include "../../host/sys.h"
