<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:entitlement.inquiry:v1" xmlns="urn:renkei:pmh.entitlement_inquiry:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:inquiry">
    <entitlementInquiry>
      <institutionCode><xsl:value-of select="i:institution_code"/></institutionCode>
      <fileIdentifier><xsl:value-of select="i:file_identifier"/></fileIdentifier>
      <confirmedOn><xsl:value-of select="i:confirmed_on"/></confirmedOn>
      <linkKey><xsl:value-of select="i:link_key"/></linkKey>
    </entitlementInquiry>
  </xsl:template>
</xsl:stylesheet>
