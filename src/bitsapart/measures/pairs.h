/* What pairs.c adds to the module of kernels.c. */

#ifndef BITSAPART_PAIRS_H
#define BITSAPART_PAIRS_H

extern const char pair_rows_doc[], tempered_rows_doc[];

PyObject *pair_rows(PyObject *module, PyObject *arguments);
PyObject *tempered_rows(PyObject *module, PyObject *arguments);

#endif
