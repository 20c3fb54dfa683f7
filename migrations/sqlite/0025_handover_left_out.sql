-- Members of the discipline group to whom what is handed over is not sealed, because it concerns them. The rows go once it is signed
-- off: from then on only the group knows.
create table handover_left_out (
    handover blob not null references handover (id),
    account  blob not null references account (id),
    primary key (handover, account)
) strict;
