"""What answers at run time: decode, judge, encode, count."""
