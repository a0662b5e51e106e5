// How our own payment application decides: by the decimals of the amount, from
// `from` to `to`. The server's table (src/processor/), compared with it by a test.

const row = (from, to, reason, delayMs = 0) => ({ from, to, approved: reason === null, reason, delayMs });

export const DECLINE_TABLE = [
  row(0, 50, null),
  row(51, 51, "PICK UP CARD - Pick up card"),
  row(52, 52, "INCORRECT PIN"),
  row(53, 53, "AMOUNT ERROR - Tran Amount Error"),
  row(54, 54, "EXPIRED CARD - Expired Card"),
  row(55, 55, "DECLINED - Do Not Honor"),
  row(56, 56, "CALL AUTH. CENTER - Refer to Issuer"),
  row(57, 57, "SERV NOT ALLOWED - Invalid request"),
  row(58, 58, "AMT OVER SVC LMT - Amount is more than established service limit"),
  row(59, 59, "REQ. EXCEEDS BAL. - Req. exceeds balance"),
  row(60, 60, "INVALID CARD - Invalid Card"),
  row(61, 61, "DECLINED T4 - Do Not Honor. Failed negative check, unpaid items"),
  row(62, 62, "DECLINED-HELP 9999 - System Error"),
  row(63, 63, "APPL TYPE ERROR - Call support for help with this error"),
  row(64, 64, "INVALID TERM ID - Invalid Terminal ID"),
  row(65, 65, "NETWORK ERROR - General System Error"),
  row(66, 66, "PLEASE RETRY - Please Retry/Reenter Transaction"),
  row(67, 67, "SUSPECTED FRAUD"),
  row(68, 68, "NETWORK ERROR - General System Error", 20000),
  row(69, 69, null, 10000),
  row(70, 99, null),
];
