/* What families.c adds to the module of kernels.c. */

#ifndef BITSAPART_FAMILIES_H
#define BITSAPART_FAMILIES_H

extern const char pairs_doc[];

PyObject *pairs(PyObject *module, PyObject *arguments);
int add_pairs(PyObject *module);

#endif
