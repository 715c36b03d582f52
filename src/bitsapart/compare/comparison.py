from bitsapart.comparison.comparison import *
