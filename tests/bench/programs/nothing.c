/* SPDX-License-Identifier: Apache-2.0 */
/* What every program costs. */
int main(void)
{
    return 0;
}
